//! A repository from nothing: the files of `gen init`.
