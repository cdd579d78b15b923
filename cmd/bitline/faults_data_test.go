package main

import (
	"strings"
	"testing"
)

// Files of data sets, of which each fault names the file.
func TestFaultsOfDataSets(t *testing.T) {
	idx := func(kind byte, sides ...byte) string { // of sides up to 255
		b := []byte{0, 0, kind, byte(len(sides))}
		for _, s := range sides {
			b = append(b, 0, 0, 0, s)
		}
		return string(b)
	}
	labels := "\x00\x00\x08\x01\x00\x00\x27\x10" + strings.Repeat("\x02", 10_000) // the test set's
	mnist := func(name, test, want string) fault {
		return fault{name, map[string]string{"train-images-idx3-ubyte": "", "train-labels-idx1-ubyte": idx(8, 5, 1), "t10k-images-idx3-ubyte": "PNG!", "t10k-labels-idx1-ubyte": test}, "run mnist-mlp --data ./",
			"data set mnist: reading train-images-idx3-ubyte: idx magic is missing, want 00 00 08 03: bytes in 3 dimensions\n" +
				"reading train-labels-idx1-ubyte: idx magic is 00 00 08 02, want 00 00 08 01: bytes in 1 dimensions\n" +
				"reading t10k-images-idx3-ubyte: idx magic is 50 4e 47 21, want 00 00 08 03: bytes in 3 dimensions\n" +
				"reading t10k-labels-idx1-ubyte: " + want}
	}
	packed := zipped(t, labels)
	batches := map[string]string{}
	for _, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		batches["cifar-10-batches-bin/"+name+".bin"] = ""
	}
	short := "has 0 bytes, want 30730000: records of a label and 3072 values"
	cifar := "data set cifar10: reading cifar-10-batches-bin/data_batch_1.bin: " + short
	for _, name := range []string{"data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		cifar += "\nreading cifar-10-batches-bin/" + name + ".bin: " + short
	}
	mangled := map[string]string{}
	for name, content := range batches {
		mangled[name] = content
	}
	mangled["cifar-10-batches-bin/test_batch.bin"] = "\x1f\x8b\x08 hello"
	const want = ", plain or with .gz; download them with bitline data get, or put them into DIR/"
	checkFaults(t, []fault{
		mnist("a label too many", labels+"\x03", "idx data goes on after the 10000 bytes of shape [10000], want the end of the file"),
		mnist("a class too many", labels[:len(labels)-1]+"\x0a", "label 9999 is 10, want 0 to 9"),
		mnist("words of four bytes", idx(13, 9), "idx magic is 00 00 0d 01, want 00 00 08 01: bytes in 1 dimensions"),
		mnist("half a header", labels[:6], "idx header is cut off after 6 bytes, want 8"),
		mnist("a page of a server", "<html>not found", "idx magic is 3c 68 74 6d, want 00 00 08 01: bytes in 1 dimensions"),
		mnist("other labels", idx(8, 255), "idx dimension 1 is 255, want 10000"),
		mnist("packed, cut short", packed[:len(packed)-4], "not a whole gzip file: unexpected EOF"),
		mnist("packed, with another checksum", packed[:len(packed)-8]+"12345678", "not a whole gzip file: gzip: invalid checksum"),
		mnist("packed, without its head", "\x1f\x8b", "not a whole gzip file: unexpected EOF"),
		mnist("packed, a gigabyte", zipped(t, labels+strings.Repeat("\x00", 1<<24)), "idx data goes on after the 10000 bytes of shape [10000], want the end of the file"),
		{"a folder for a file", map[string]string{"train-images-idx3-ubyte": "", "train-labels-idx1-ubyte": "", "t10k-images-idx3-ubyte": "", "t10k-labels-idx1-ubyte/": ""}, "run mnist-mlp --data ./",
			"data set mnist: found in none of mnist, ./: want the files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte" + want +
				"mnist and name DIR with --data or BITLINE_DATA (./ has no t10k-labels-idx1-ubyte)"},
		{"a file for the folder", map[string]string{"file": ""}, "run fashion-lenet-5 --data file",
			"data set fashion-mnist: found in none of file/fashion-mnist, file: want the files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte" + want +
				"fashion-mnist and name DIR with --data or BITLINE_DATA"},
		{"no CIFAR-10", nil, "run cifar10-resnet20 --data here",
			"data set cifar10: found in none of here/cifar-10-batches-bin, here: want the files data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin" + want +
				"cifar-10-batches-bin and name DIR with --data or BITLINE_DATA"},
		{"empty batches", batches, "run cifar10-resnet20 --data ./", cifar},
		{"a batch that is no gzip", mangled, "run cifar10-resnet20 --data ./", strings.TrimSuffix(cifar, short) + "not a whole gzip file: unexpected EOF"},
	})
}

// Heads of .npy files.
func TestFaultsOfArrays(t *testing.T) {
	x := npyFile("|u1", "False", "(1, 2)", "ab")
	of := func(name, weights, want string) fault {
		return fault{name, map[string]string{"w.npy": weights, "x.npy": x}, "mvm --weights w.npy --inputs x.npy --out y.npy", want}
	}
	head := func(text string) string { // of that dictionary
		return "\x93NUMPY\x01\x00" + string(rune(len(text))) + "\x00" + text
	}
	whole := func(shape string) string { return npyFile("|i1", "False", shape, "abcd") }
	const reading = "reading w.npy: npy "
	checkFaults(t, []fault{
		of("nothing", "", reading+`magic is "", want "\x93NUMPY" and a version`),
		of("magic alone", "\x93NUMPY", reading+`magic is "\x93NUMPY", want "\x93NUMPY" and a version`),
		of("a later version", "\x93NUMPY\x09\x00"+whole("(2, 2)")[8:], reading+"version is 9.0, want 1.0 or 2.0"),
		of("a header beyond the end", "\x93NUMPY\x01\x00\xff\xff{}", reading+"header is cut off after 2 bytes, want 65535"),
		of("a header of gigabytes", "\x93NUMPY\x02\x00\xff\xff\xff\xff{}", reading+"header is cut off after 2 bytes, want 4294967295"),
		of("words for a dictionary", head("hello\n"), reading+`header: "hello\n" follows, want {`),
		of("a key too few", head("{'descr': '|i1', 'shape': (2, 2)}"), reading+`header: key "fortran_order" is missing`),
		of("a key twice", head("{'descr': '|i1', 'descr': '|i1'}"), reading+`header: key "descr" stands there twice`),
		of("a key too many", head("{'descr': '|i1', 'fortran_order': False, 'shape': (2, 2), 'x': 3}"), reading+`header: key "x": want descr, fortran_order and shape alone`),
		of("a record", head("{'descr': [('a', '<i2')]}"), reading+`header: key "descr": "[('a', '<i2'" follows, want a string in quotes`),
		of("objects", npyFile("|O", "False", "(2, 2)", ""), reading+`descr is "|O", want |i1, |u1, <i2, <u2, <i4, <i8 or <f8`),
		of("a negative side", whole("(-2, 2)"), reading+`header: key "shape": "-2, 2), }\n" follows, want a whole number`),
		of("a broken side", whole("(2.0, 2)"), reading+`header: key "shape": ".0, 2), }\n" follows, want , or )`),
		of("a side of 2^63", whole("(9223372036854775808, 2)"), reading+`header: key "shape": dimension is 9223372036854775808, want less than 2^63`),
		of("2^124 values", whole("(4611686018427387904, 4611686018427387904)"), reading+"shape is [4611686018427387904 4611686018427387904], want fewer than 2^60 values"),
		of("33 dimensions", whole("("+strings.Repeat("1,", 33)+")"), reading+"shape has 33 dimensions, want at most 32"),
		of("values behind the end", whole("(1, 2)"), reading+"data is 4 bytes, want 2 values of 1 for shape [1 2]"),
		of("three dimensions", whole("(1, 2, 2)"), "w.npy has shape [1 2 2], want two dimensions, K×N, of at least 1"),
		{"a folder", map[string]string{"w.npy/": "", "x.npy": x}, "mvm --weights w.npy --inputs x.npy --out y.npy", "read w.npy: is a directory"},
		{"a device", map[string]string{"x.npy": x}, "mvm --weights /dev/zero --inputs x.npy --out y.npy", "/dev/zero is a device, want a file"},
		{"products over a folder", map[string]string{"w.npy": whole("(2, 2)"), "x.npy": x}, "mvm --weights w.npy --inputs x.npy --out .", "writing .: is a directory"},
	})
}
