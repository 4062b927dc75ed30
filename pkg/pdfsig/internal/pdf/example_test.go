package pdf

import (
	"bytes"
	"fmt"
)

func Example() {
	file := plain().Bytes() // any PDF

	f, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		panic(err)
	}
	catalog, err := As[Dict](f, f.Trailer()["Root"])
	if err != nil {
		panic(err)
	}
	pages, err := As[Dict](f, catalog["Pages"])
	if err != nil {
		panic(err)
	}
	fmt.Printf("PDF %s, %v pages\n", f.Version, pages["Count"])
	fmt.Printf("%s\n", Append(nil, catalog["Pages"]))
	// Output:
	// PDF 1.7, 0 pages
	// 2 0 R
}
