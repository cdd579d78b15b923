package train

import "math/rand/v2"

// drop clears a random share of the outputs and lets the others grow by as much.
func (u *unit) drop(random *rand.PCG) {
	grow := 1 / (1 - u.dropout)
	threshold := uint64(float64(u.dropout) * (1 << 32))
	values := u.y.values()
	for at := 0; at < len(values); at += u.y.pitch {
		row := values[at:][:u.Out.Channels]
		for c := range row {
			if random.Uint64()>>32 < threshold {
				row[c] = 0
			} else {
				row[c] *= grow
			}
		}
	}
}

// dropGradient is the gradient before drop; the rectifier's gate, which is shut
// where an output was dropped, does the rest.
func (u *unit) dropGradient() {
	grow := 1 / (1 - u.dropout)
	for i := range u.y.values() {
		u.gradient[i] *= grow
	}
}
