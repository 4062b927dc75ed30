// Command jpki looks after the certificates, PINs and signatures of a
// マイナンバーカード (公的個人認証サービス, JPKI).
package main

import (
	"os"

	"github.com/jpki-tools/jpki/internal/cli"
)

func main() { os.Exit(cli.Main()) }
