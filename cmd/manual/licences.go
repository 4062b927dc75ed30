package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// module is a part of the program with a licence of its own.
type module struct{ Path, Version, Dir string }

// systems are the targets of the builds, as settings of go list.
var systems = [][]string{
	{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"},
	{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"},
	{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"},
	{"GOOS=darwin", "GOARCH=amd64", "CGO_ENABLED=0"},
	{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"},
	{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"},
	{"GOOS=windows", "GOARCH=arm64", "CGO_ENABLED=0"},
}

// modules lists the modules that go list finds on any system, by path: with the
// program's path those linked into it, itself among them; with -test and ./...
// also those that only tests and this command need.
func modules(packages ...string) ([]module, error) {
	found := map[string]module{}
	for _, system := range systems {
		cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Module"}, packages...)...)
		cmd.Env = append(os.Environ(), system...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var pkg struct{ Module *module }
			if err := dec.Decode(&pkg); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			if pkg.Module != nil { // the standard library has none
				found[pkg.Module.Path] = *pkg.Module
			}
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	words := strings.Fields(string(goroot))
	found["std"] = module{"Go standard library", words[1], words[0]}
	var all []module
	for _, path := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[path])
	}
	return all, nil
}

// licence gives the text of a module's licence, with its notice if it has one.
func (m module) licence() (string, error) {
	var text strings.Builder
	for _, name := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "NOTICE"} {
		data, err := os.ReadFile(filepath.Join(m.Dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		text.Write(data)
	}
	if text.Len() == 0 {
		return "", fmt.Errorf("%s has no licence", m.Path)
	}
	return text.String(), nil
}

// licences are those that ask for no more than to be handed on, by a sentence
// that only they have.
var licences = map[string]string{
	"MIT":          "Permission is hereby granted, free of charge, to any person obtaining a copy",
	"BSD-3-Clause": "may be used to endorse or promote products derived from",
	"BSD-2-Clause": "Redistribution and use in source and binary forms, with or without modification",
	"Apache-2.0":   "Apache License Version 2.0, January 2004",
	"ISC":          "Permission to use, copy, modify, and/or distribute this software for any purpose",
}

// licenceName recognises a licence by its text; any other than those above is
// an error, copyleft among them.
func licenceName(text string) (string, error) {
	words := strings.Join(strings.Fields(text), " ")
	for _, name := range []string{"Apache-2.0", "BSD-3-Clause", "BSD-2-Clause", "MIT", "ISC"} {
		if strings.Contains(words, licences[name]) && !strings.Contains(words, "GNU ") && !strings.Contains(words, "Mozilla Public License") {
			return name, nil
		}
	}
	return "", errors.New("not a licence that is known to be permissive")
}

// notices are the licences of all that is in the program: a list, then the
// texts, which they ask to be handed on.
func notices() ([]byte, error) {
	all, err := modules("github.com/jpki-tools/jpki/cmd/jpki")
	if err != nil {
		return nil, err
	}
	var list, texts bytes.Buffer
	for _, m := range all {
		text, err := m.licence()
		if err != nil {
			return nil, err
		}
		name, err := licenceName(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		title := strings.TrimSpace(m.Path + " " + m.Version)
		fmt.Fprintf(&list, "%-70s %s\n", title, name)
		fmt.Fprintf(&texts, "\n%s\n%s\n\n%s\n", title, strings.Repeat("-", len(title)), strings.TrimSpace(text))
	}
	return append(append([]byte("What jpki is made of, and under which licences.\n\n"), list.Bytes()...), texts.Bytes()...), nil
}
