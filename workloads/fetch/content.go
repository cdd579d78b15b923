package fetch

import (
	"archive/tar"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/workloads"
)

// checkContent compares the SHA-256 of a compressed file's content.
func checkContent(part, want string) error {
	file, err := os.Open(part)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("is no gzip file: %w", err)
	}
	return compare(sha256.New(), content, "SHA-256 of the content", want)
}

// checkArchive compares the MD5 of a file, which is what its publisher states.
func checkArchive(part, want string) error {
	file, err := os.Open(part)
	if err != nil {
		return err
	}
	defer file.Close()
	return compare(md5.New(), file, "MD5", want)
}

// compare says whether a content has a sum. More than mostBytes have none.
func compare(sum hash.Hash, content io.Reader, name, want string) error {
	n, err := io.Copy(sum, io.LimitReader(content, mostBytes+1))
	if err != nil {
		return err
	}
	if n > mostBytes {
		return fmt.Errorf("holds more than %d bytes", mostBytes)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("the %s is %s, want %s: not the published file", name, got, want)
	}
	return nil
}

// unpack writes the set's files out of its archive. Only their names count, not their
// paths, so that nothing is written anywhere else.
func unpack(archive string, o offer, folder string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", o.archive, err)
	}
	missing := slices.Clone(o.Files)
	for in := tar.NewReader(content); len(missing) > 0; {
		entry, err := in.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("unpacking %s: it lacks %s", o.archive, offer{Published: workloads.Published{Files: missing}}.files())
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", o.archive, err)
		}
		name := path.Base(strings.ReplaceAll(entry.Name, `\`, "/"))
		i := slices.IndexFunc(missing, func(f workloads.PublishedFile) bool { return f.Name == name })
		if i < 0 || entry.Typeflag != tar.TypeReg {
			continue
		}
		missing = slices.Delete(missing, i, i+1)
		if entry.Size > mostBytes {
			return fmt.Errorf("unpacking %s: %s has %d bytes, want at most %d", o.archive, name, entry.Size, mostBytes)
		}
		err = atomicfile.Stream(filepath.Join(folder, name), func(w io.Writer) error {
			_, err := io.Copy(w, in)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
