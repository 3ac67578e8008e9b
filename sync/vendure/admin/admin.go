// Package admin is Vendure's admin API as Go types, made by genqlient from operations.graphql and the schema that a
// running server tells of itself.
package admin

//go:generate ../../../testdata/schemas/genqlient genqlient.yaml
