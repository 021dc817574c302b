-- Positions that were made up are as good as none: they stay.
SELECT 1;
