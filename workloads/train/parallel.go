package train

import "sync"

// chunk is how many elements of a tensor one task of an elementwise pass takes.
// It is a constant, so that the cut into tasks does not depend on the workers.
const chunk = 4096

// spread calls f for every task from 0 to tasks−1. Worker w takes tasks w,
// w+workers, …; with one worker nothing is allocated.
func spread(workers, tasks int, f func(task int)) {
	n := min(workers, tasks)
	if n <= 1 {
		for i := range tasks {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for i := w; i < tasks; i += n {
				f(i)
			}
		})
	}
	wg.Wait()
}
