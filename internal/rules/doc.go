// Package rules tests the rules of this project that a compiler does not
// enforce: the allowed imports of each package, actions forbidden to a library,
// and files that do not belong into the repository.
package rules
