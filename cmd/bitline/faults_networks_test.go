package main

import (
	"strings"
	"testing"
)

// A network's description is told layer by layer.
func TestFaultsOfNetworks(t *testing.T) {
	const head, last = "name = 'n'\ninput = [8, 8, 1]\n", "[[layer]]\nname = 'fc'\noutputs = 10\n"
	of := func(name, text, want string) fault {
		return fault{name, map[string]string{"n.toml": text}, "describe bitslice-8bit --network n.toml", "n.toml" + want}
	}
	conv := func(more string) string {
		return head + "[[layer]]\nname = 'c'\nkind = 'conv'\noutputs = 10\n" + more + last
	}
	pool := func(kind, more string) string {
		return head + "[[layer]]\nname = 'p'\nkind = '" + kind + "'\nsize = 2\n" + more + last
	}
	checkFaults(t, []fault{
		of("nothing", "", ": key input is missing, want the shape of an image such as input = [28, 28, 1]"),
		of("no layer", head, ": key layer is missing, want at least one [[layer]]"),
		of("a layer that is no array", head+"[layer]\noutputs = 10\n", ":3: key layer is a table, want an array of tables"),
		of("a negative side", "input = [-8, 8, 1]\n"+last, ":1: key input[0] is -8, want 1 to 65536"),
		of("a broken side", "input = [8.0, 8, 1]\n"+last, ":1: key input[0] is 8.0, want an integer 1 to 65536"),
		of("a shape in words", "input = '8x8x1'\n"+last, `:1: key input is "8x8x1", want an array of integers`),
		of("an empty shape", "input = []\n"+last, ":1: key input has 0 numbers, want 3: height, width, channels"),
		of("an image of terabytes", "input = [65536, 65536, 65536]\n"+last, ":1: key input is 65536×65536×65536, want at most 1073741824 values"),
		of("a name twice", head+"[[layer]]\nname = 'fc'\noutputs = 3\n"+last, `:7: key layer[1].name is "fc" a second time, want a name of its own for each layer`),
		of("an empty name", head+"[[layer]]\nname = ''\noutputs = 10\n", `:4: key layer[0].name is "", want a name of printable characters in UTF-8`),
		of("names that command the terminal", "name = \"n\\u001b[2J\"\ninput = [8, 8, 1]\n[[layer]]\nname = \"a\\u202eb\"\noutputs = 10\n",
			":1: key name is \"n\\x1b[2J\", want printable characters\nn.toml:4: key layer[0].name is \"a\\u202eb\", want printable characters"),
		of("the image's name", head+"[[layer]]\nname = 'image'\noutputs = 10\n", `:4: key layer[0].name is "image", which stands for the network's input; want another`),
		of("an unknown kind", head+"[[layer]]\nkind = 'convv'\noutputs = 10\n", `:4: key layer[0].kind is "convv", want linear | conv | maxpool | avgpool | globalpool | attention, did you mean conv?`),
		of("a kernel with a slip", conv("kernal = 3\n"), ":3: key layer[0].kernel is missing, want the side of the kernel of layer \"c\"\nn.toml:7: unknown key layer[0].kernal, did you mean layer[0].kernel?"),
		of("a kernel beyond the image", conv("kernel = 99\n"), ":7: key layer[0].kernel of layer c: kernel 99 does not fit input 8×8×1 with padding 0"),
		of("no stride", conv("kernel = 3\nstride = 0\npadding = -1\n"), ":8: key layer[0].stride is 0, want 1 to 65536\nn.toml:9: key layer[0].padding is -1, want 0 to 65536"),
		of("groups that do not divide", conv("kernel = 3\ngroups = 3\n"), ":8: key layer[0].groups of layer c: groups is 3, want a divisor of the 1 input channels and the 10 outputs"),
		of("a rectifier in words", conv("kernel = 3\nrelu = 'yes'\n"), `:8: key layer[0].relu is "yes", want true or false`),
		of("a later layer", head+"[[layer]]\nname = 'a'\noutputs = 4\ninput = 'fc'\n"+last,
			`:6: key layer[0].input of layer a: input is "fc", which does not stand before this layer; want layers in the order in which they are computed`),
		of("a layer with a slip", conv("kernel = 3\n")+"[[layer]]\nname = 'd'\noutputs = 3\ninput = 'fcc'\n",
			":9: key layer[1].name is \"fc\", and no layer takes or adds its output\n"+
				`n.toml:14: key layer[2].input of layer d: input is "fcc", which is no layer, want "image" or a layer before this one, did you mean fc?`),
		of("a layer that nobody takes", head+"[[layer]]\nname = 'a'\noutputs = 5\n"+last+"input = 'image'\n", `:4: key layer[0].name is "a", and no layer takes or adds its output`),
		of("a convolution last", strings.TrimSuffix(conv("kernel = 3\n"), last), ":5: key layer[0].kind of layer c: kind is conv, want a linear layer last, whose outputs are the classes"),
		of("an addition of another shape", head+"[[layer]]\nname = 'a'\noutputs = 5\n[[layer]]\nname = 'b'\noutputs = 6\nadd = 'a'\n"+last,
			`:9: key layer[1].add of layer b: add is "a" of shape 1×1×5, want the layer's own shape 1×1×6`),
		of("a pool with a rectifier", pool("maxpool", "relu = true\n"), ":7: unknown key layer[0].relu"),
		of("a pool of nothing but padding", pool("maxpool", "padding = 2\n"), ":7: key layer[0].padding of layer p: padding is 2, want 0 to 1"),
		of("a residual layer last", head+last+"residual = true\n", ":6: key layer[0].residual of layer fc: residual is true, want false for the last layer"),
		of("an attention without keys", head+"[[layer]]\nname = 'a'\nkind = 'attention'\nheads = 3\n"+last,
			":3: key layer[0].keys is missing, want the layer that gives the keys of layer \"a\"\nn.toml:3: key layer[0].values is missing, want the layer that gives the values of layer \"a\""),
		of("heads that do not divide", head+"[[layer]]\nname = 'q'\nkind = 'conv'\noutputs = 4\nkernel = 1\n[[layer]]\nname = 'a'\nkind = 'attention'\nheads = 3\nkeys = 'q'\nvalues = 'q'\n"+last,
			":11: key layer[1].heads of layer a: heads is 3, want a divisor of the 4 channels"),
		of("too many outputs", head+"[[layer]]\noutputs = 65537\n", ":4: key layer[0].outputs is 65537, want 1 to 65536"),
		of("outputs in words", head+"[[layer]]\noutputs = '10'\n", `:4: key layer[0].outputs is "10", want an integer 1 to 65536`),
		of("a chip", "base = 'puma'\n", `:1: key base is "puma": unknown name "puma" in networks, want `+networkNames+" or the path of a .toml file"),
	})
}

// What has a shape but cannot be computed, or does not fit anywhere, is told at once.
func TestFaultsOfNetworksOnChips(t *testing.T) {
	const head, last = "input = [8, 8, 1]\n", "[[layer]]\noutputs = 10\n"
	conv := "[[layer]]\nname = 'q'\nkind = 'conv'\noutputs = 4\nkernel = 1\n"
	of := func(name, text, line, want string) fault {
		return fault{name, map[string]string{"net.toml": text}, line, want}
	}
	const run = "run --chip bitslice-8bit --network net.toml --set data.set=digits"
	const shapes = `which replays do not compute; want data.set = "none", for shapes alone`
	checkFaults(t, []fault{
		of("groups", head+conv+strings.Replace(conv, "'q'", "'g'\ngroups = 2", 1)+last, run, "network net: layer g has groups = 2, "+shapes),
		of("an attention", head+conv+"[[layer]]\nname = 'a'\nkind = 'attention'\nheads = 2\nkeys = 'q'\nvalues = 'q'\n"+last, run, "network net: layer a is of kind attention, "+shapes),
		of("a checkpoint of groups", head+conv+strings.Replace(conv, "'q'", "'g'\ngroups = 2", 1)+last, "train quickstart --set network=./net.toml --out c.safetensors", "network net: layer g has groups = 2, "+shapes),
		of("a matrix of terabytes", "input = [1024, 1024, 1024]\n[[layer]]\noutputs = 65536\n", "describe bitslice-8bit --network net.toml",
			"network net needs 1073741824 tiles of chip bitslice-8bit, which has 4: 1073741820 tiles are missing; chips = 268435456 would do"),
	})
}
