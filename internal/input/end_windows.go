package input

// endOfInput is what ends input that is typed.
const endOfInput = "Ctrl-Z, Enter"
