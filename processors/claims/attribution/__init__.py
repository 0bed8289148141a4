"""Attribution of clauses to claimants: reporting clauses, quotations, headlines."""
