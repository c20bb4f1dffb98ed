//! New credentials: passwords, certificates.
