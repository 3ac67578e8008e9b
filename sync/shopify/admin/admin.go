// Package admin is Shopify's Admin API, version 2026-10, as Go types, made by genqlient from operations.graphql and the
// schema that Shopify publishes.
package admin

//go:generate ../../../testdata/schemas/genqlient genqlient.yaml
