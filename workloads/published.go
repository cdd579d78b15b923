package workloads

// Published is a data set as its publishers lay it out: files in a folder of a place
// that a Finder searches.
type Published struct {
	Name   string
	Folder string
	Files  []PublishedFile
}

// PublishedFile is one file, and the SHA-256 of its content, decompressed, in hex; ""
// where that is not known.
type PublishedFile struct{ Name, SHA256 string }

// PublishedSets lists the data sets that are read from files.
func PublishedSets() []Published {
	var all []Published
	for _, s := range idxSets {
		p := Published{Name: s.name, Folder: s.name}
		for i, name := range idxFiles {
			p.Files = append(p.Files, PublishedFile{name, s.sums[i]})
		}
		all = append(all, p)
	}
	cifar := Published{Name: cifarName, Folder: cifarFolder}
	for _, name := range cifarFiles {
		cifar.Files = append(cifar.Files, PublishedFile{Name: name})
	}
	return append(all, cifar)
}

// CopyFile is the name of a file beside a set's own whose first line says which copy
// of CIFAR-10 they are.
const CopyFile = cifarCopyFile
