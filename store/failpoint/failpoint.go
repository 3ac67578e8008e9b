// Package failpoint lets the tests end the program between two writes, as a power cut or kill -9 would, and lets time pass
// faster than it does. In what is shipped there is nothing of it: without the build tag "failpoint" Hit is empty and the
// clock is the machine's.
//
// It is in the store's room because the store's writes are the places that matter, and everything above uses it too.
//
// With the tag, the environment says what happens:
//
//	FAILPOINT_AT     "37" kills the process at the 37th hit of whatever point, "place.sent:2" at the second of that one
//	FAILPOINT_SPEED  how many seconds pass in one
//	FAILPOINT_EPOCH  RFC 3339, the machine's time from which on they do; the same for all processes of one test
package failpoint
