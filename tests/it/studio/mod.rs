//! The server of `dbkit studio`: the real program, asked as a browser asks it, and as attackers do.

mod attacks;
mod cases;
mod console;
mod drift;
mod rows_out;
mod settled;
#[allow(dead_code)]
mod visit;
