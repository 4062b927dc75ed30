package input

// endOfInput is the keys that end typed input.
const endOfInput = "Ctrl-Z, Enter"
