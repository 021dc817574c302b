ALTER TABLE customers DROP COLUMN remark;
