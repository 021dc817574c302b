DROP SCHEMA "other place" CASCADE;
DROP VIEW paid_orders;
DROP TABLE nothing, log, "we""ird; --", exact;
