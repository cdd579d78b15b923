package config

import (
	"path/filepath"
	"strings"
)

// IsFile says whether a name is a document's file rather than an embedded document's.
func IsFile(name string) bool { return hasFolder(name) || strings.HasSuffix(name, ".toml") }

// IsFileOf says whether a name is a file of that ending, compressed or not, rather than
// an embedded one's.
func IsFileOf(name, ending string) bool {
	return hasFolder(name) || strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ending)
}

func hasFolder(name string) bool { return strings.ContainsAny(name, "/"+string(filepath.Separator)) }

// Beside is where a file of that ending lies that a document names: beside the
// document's own file.
func Beside(document, name, ending string) string {
	if !IsFileOf(name, ending) || filepath.IsAbs(name) || !IsFile(document) {
		return name
	}
	return asFile(filepath.Join(filepath.Dir(document), name), ending)
}

// NameBeside is what a document calls a file of that ending that the working directory
// calls by a name: what Beside finds.
func NameBeside(document, name, ending string) (string, error) {
	if !IsFileOf(name, ending) || filepath.IsAbs(name) || !IsFile(document) {
		return name, nil
	}
	path, err := filepath.Rel(filepath.Dir(document), name)
	if err != nil { // the document's folder is elsewhere
		return filepath.Abs(name)
	}
	return asFile(path, ending), nil
}

// asFile tells a path without folder and ending from an embedded name.
func asFile(path, ending string) string {
	if IsFileOf(path, ending) {
		return path
	}
	return "." + string(filepath.Separator) + path
}
