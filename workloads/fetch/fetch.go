// Package fetch downloads published data sets to where package workloads finds them.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bitline/internal/atomicfile"
	"bitline/internal/filelock"
	"bitline/workloads"
)

// Fetcher downloads into a folder of data sets. A download is kept under a temporary
// name until its content is known to be the published one; one that was broken off
// goes on where it was.
type Fetcher struct {
	Dir string
	// Progress, unless nil, is told of each file how many bytes are there, of how
	// many; −1 where the server does not say.
	Progress func(file string, done, total int)

	offers []offer
	client *http.Client
	stall  time.Duration // without a byte, after which a server is given up
}

// New makes a fetcher of the data sets that are offered.
func New(dir string) *Fetcher {
	const patience = 30 * time.Second
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: patience}).DialContext,
		TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience, ForceAttemptHTTP2: true,
		DisableCompression: true, // files are as they are published, compressed ones too
	}
	return &Fetcher{Dir: dir, offers: offers(), client: &http.Client{Transport: transport}, stall: patience}
}

// Names lists the data sets that can be downloaded.
func (f *Fetcher) Names() []string {
	var names []string
	for _, o := range f.offers {
		names = append(names, o.Name)
	}
	return names
}

// Get downloads what of a data set is not in its folder yet, which it returns. Its
// errors say what each server answered and how to do without.
func (f *Fetcher) Get(ctx context.Context, name string) (folder string, fault error) {
	i := slices.IndexFunc(f.offers, func(o offer) bool { return o.Name == name })
	if i < 0 {
		return "", fmt.Errorf("data set %q cannot be downloaded, want one of %s", name, strings.Join(f.Names(), ", "))
	}
	o := f.offers[i]
	folder = filepath.Join(f.Dir, o.Folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("making the folder of data set %s: %w", name, err)
	}
	if o.missing(folder) { // else there may be nothing to write to
		lock, err := filelock.Take(folder+".lock", "this data set")
		if err != nil {
			return "", err
		}
		defer func() { fault = errors.Join(fault, filelock.Remove(lock)) }()
	}
	var err error
	if o.archive != "" {
		err = f.getArchive(ctx, o, folder)
	} else {
		err = f.getFiles(ctx, o, folder)
	}
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("data set %s: %w; the same command goes on from there", name, context.Cause(ctx))
	case err != nil:
		return "", fmt.Errorf("data set %s: %w\nwithout a network: put %s, plain or with .gz, into %s", name, err, o.files(), folder)
	}
	return folder, nil
}

// getFiles downloads the set's files one by one, compressed.
func (f *Fetcher) getFiles(ctx context.Context, o offer, folder string) error {
	for _, file := range o.Files {
		path := filepath.Join(folder, file.Name+".gz")
		if isThere(folder, file) {
			continue
		}
		check := func(part string) error { return checkContent(part, file.SHA256) }
		if err := f.download(ctx, o.urls(file.Name+".gz"), path, check); err != nil {
			return err
		}
		if err := rename(partOf(path), path); err != nil {
			return err
		}
	}
	return nil
}

// getArchive downloads the set's archive and takes its files out. What they are is
// noted before the last of them is there: then the set counts as found.
func (f *Fetcher) getArchive(ctx context.Context, o offer, folder string) error {
	path := filepath.Join(f.Dir, o.archive)
	if !o.missing(folder) {
		return os.RemoveAll(partOf(path)) // of one who was killed after the last file
	}
	check := func(part string) error { return checkArchive(part, o.md5) }
	if err := f.download(ctx, o.urls(o.archive), path, check); err != nil {
		return err
	}
	note := "published files, by the checksum of their archive\n"
	if err := atomicfile.Write(filepath.Join(folder, workloads.CopyFile), []byte(note)); err != nil {
		return err
	}
	if err := unpack(partOf(path), o, folder); err != nil {
		return err
	}
	return os.Remove(partOf(path))
}
