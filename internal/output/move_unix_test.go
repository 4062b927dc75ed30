//go:build unix

package output

var waysToMove = map[string]func(temp, target string) error{
	"moveNew":     moveNew,
	"moveLinked":  moveLinked,
	"renameNew":   renameNew,
	"moveClaimed": moveClaimed,
}
