DROP TABLE employees, order_lines, orders, products, customers;
DROP TYPE order_state;
