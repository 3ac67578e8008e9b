package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Mapping is how the columns of an order file were read, so that the next file with the same columns is read alike.
type Mapping struct {
	Header   []string          `yaml:"header"`
	Fields   map[string]string `yaml:"fields,omitempty"` // field → column
	Currency string            `yaml:"currency,omitempty"`
	Payment  string            `yaml:"payment,omitempty"`
	Decimal  string            `yaml:"decimal,omitempty"`
	Dates    string            `yaml:"dates,omitempty"`
}

// Mappings are all that is remembered of order files.
type Mappings []Mapping

// mappingsKept is how many are remembered; the oldest go.
const mappingsKept = 200

const mappingsHead = "# How order files were read, written by the program (`orderdeck import`); take out what it is to forget.\n"

type mappingsFile struct {
	Mappings Mappings `yaml:"mappings"`
}

func (c *Config) mappingsFile() string { return filepath.Join(c.Folder(), "imports.yaml") }

// Mappings reads what is remembered. A file that cannot be understood is refused, and never written over.
func (c *Config) Mappings() (Mappings, error) {
	name := c.mappingsFile()
	data, err := readSmall(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, plain(err))
	}
	var file mappingsFile
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s cannot be understood: %s; mend it or delete it", name, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "))
	}
	return file.Mappings, nil
}

// Find gives the mapping of these columns, whatever their order.
func (m Mappings) Find(header []string) (Mapping, bool) {
	want := slices.Sorted(slices.Values(header))
	for _, x := range m {
		if slices.Equal(slices.Sorted(slices.Values(x.Header)), want) {
			return x, true
		}
	}
	return Mapping{}, false
}

// SaveMapping remembers how a file was read, in place of what was known of the same columns.
func (c *Config) SaveMapping(m Mapping) error {
	all, err := c.Mappings()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(x Mapping) bool {
		_, same := Mappings{x}.Find(m.Header)
		return same
	})
	all = append(Mappings{m}, all...)
	data, err := yaml.Marshal(mappingsFile{all[:min(len(all), mappingsKept)]})
	if err != nil {
		return err
	}
	return WriteFile(c.mappingsFile(), append([]byte(mappingsHead), data...), 0o600)
}
