//! What is wrong with sealed secrets: without a key, against another revision, and with a key.
