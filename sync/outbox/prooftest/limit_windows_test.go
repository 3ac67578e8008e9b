package prooftest

import "errors"

func limitFiles(uint64) error { return errors.New("no limits here") }
