"""WebSub: hubs that push what a feed publishes."""
