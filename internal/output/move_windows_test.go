package output

var waysToMove = map[string]func(temp, target string) error{
	"moveNew": moveNew,
}
