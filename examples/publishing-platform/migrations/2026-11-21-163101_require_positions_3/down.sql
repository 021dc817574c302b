-- Nothing to undo here.
SELECT 1;
