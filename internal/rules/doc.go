// Package rules holds the rules of this project that a compiler does not keep,
// as tests: which package may import which, what a library must not do on its
// own accord, and what does not belong into the repository.
package rules
