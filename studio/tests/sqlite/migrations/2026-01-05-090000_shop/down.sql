DROP TABLE mixed; DROP TABLE orders; DROP TABLE customers;
