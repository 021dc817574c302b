ALTER TABLE products ADD COLUMN discontinued date;
