ALTER TABLE customers ADD COLUMN remark TEXT;
