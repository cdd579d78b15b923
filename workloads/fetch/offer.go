package fetch

import (
	"path/filepath"
	"slices"
	"strings"

	"bitline/workloads"
)

// offer is a data set with the places where it is published: folders of its files,
// each compressed with .gz, or of its archive.
type offer struct {
	workloads.Published
	places  []string
	archive string // name; "" where files lie one by one
	md5     string // of the archive, in hex
}

// missing says whether a folder lacks files of the set.
func (o offer) missing(folder string) bool {
	return slices.ContainsFunc(o.Files, func(file workloads.PublishedFile) bool { return !isThere(folder, file) })
}

// isThere says whether a folder holds a file, plain or compressed.
func isThere(folder string, file workloads.PublishedFile) bool {
	path := filepath.Join(folder, file.Name)
	return workloads.IsFile(path) || workloads.IsFile(path+".gz")
}

// offers are the places, the ones that answer everybody first. Those of MNIST beside
// its own site are the mirrors that torchvision and TensorFlow use; Fashion-MNIST's are
// named by its own repository. The checksum of CIFAR-10's archive stands on its page.
func offers() []offer {
	places := map[string][]string{
		"mnist": {
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"http://yann.lecun.com/exdb/mnist/",
		},
		"fashion-mnist": {
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
			"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
		},
		"cifar10": {
			"https://www.cs.toronto.edu/~kriz/",
			"https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
		},
	}
	var all []offer
	for _, set := range workloads.PublishedSets() {
		o := offer{Published: set, places: places[set.Name]}
		if set.Name == "cifar10" {
			o.archive, o.md5 = "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"
		}
		all = append(all, o)
	}
	return all
}

// urls are where a file lies.
func (o offer) urls(file string) []string {
	var all []string
	for _, place := range o.places {
		all = append(all, place+file)
	}
	return all
}

// files names the set's files.
func (o offer) files() string {
	var names []string
	for _, f := range o.Files {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
