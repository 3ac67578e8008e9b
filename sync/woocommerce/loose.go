package woocommerce

import (
	"bytes"
	"encoding/json"
)

// loose is a text that may come as a number, a truth value or null: plugins change what core writes.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*l = ""
	case data[0] == '"':
		if n := len(data) - 1; bytes.IndexByte(data, '\\') < 0 && n > 0 {
			*l = loose(data[1:n])
			return nil
		}
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*l = loose(s)
	case data[0] == '{' || data[0] == '[': // nothing that we can use
		*l = ""
	default:
		*l = loose(data)
	}
	return nil
}

// list is an array that may come as an object (PHP writes one when a plugin has taken something out of the middle), as
// null or as something else.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	*l = nil
	switch data[0] {
	case '[':
		return json.Unmarshal(data, (*[]T)(l))
	case '{':
		d := json.NewDecoder(bytes.NewReader(data))
		if _, err := d.Token(); err != nil {
			return err
		}
		for d.More() {
			if _, err := d.Token(); err != nil {
				return err
			}
			var v T
			if err := d.Decode(&v); err != nil {
				return err
			}
			*l = append(*l, v)
		}
	}
	return nil
}

// thing is an object that may come as an empty array, which is how PHP writes an empty one, or as null.
type thing[T any] struct{ v T }

// UnmarshalJSON implements json.Unmarshaler.
func (t *thing[T]) UnmarshalJSON(data []byte) error {
	if data[0] != '{' {
		return nil
	}
	return json.Unmarshal(data, &t.v)
}
