package crossbar

import "bitline/adc"

// KernelNames lists the kernels that this processor can run.
func KernelNames() []string {
	var names []string
	for _, k := range allKernels() {
		names = append(names, k.name)
	}
	return names
}

// NewTileRunnerOn is NewTileRunner on the named kernels.
func (m *Matrix) NewTileRunnerOn(kernel string, s adc.Spec, resolution []int, level Level) (*TileRunner, error) {
	for _, k := range allKernels() {
		if k.name == kernel {
			return m.newTileRunner(s, resolution, tileChoice{TileOptions{Statistics: level}, k})
		}
	}
	panic("crossbar: no kernels " + kernel)
}

// IsFast says whether a tile takes the fast path.
func (r *TileRunner) IsFast() bool { return r.fast != nil }
