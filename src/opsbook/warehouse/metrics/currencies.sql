-- The currencies that contracts are paid in at a moment. Source: subscriptions. Parameters: as_of.
SELECT DISTINCT paid_in AS currency FROM contracts($as_of) ORDER BY currency
