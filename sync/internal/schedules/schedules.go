// Package schedules says how many random schedules of faults the tests of a connector go through.
package schedules

import (
	"os"
	"strconv"
)

// Count is how many: 200, or what ORDERDECK_SCHEDULES says, for the race detector, under which each takes ten times as long.
func Count() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("ORDERDECK_SCHEDULES"), 10, 32); err == nil && n > 0 {
		return n
	}
	return 200
}
