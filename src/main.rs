fn main() -> std::process::ExitCode {
    dbkit::cli::main()
}
