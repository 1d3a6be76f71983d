package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
)

// A Particle names a particle at the place where it lives: the key of a LastApplied.
type Particle struct {
	App         string `json:"app"`
	Environment string `json:"environment"`
	Version     string `json:"version"`
	Name        string `json:"name"`
	Account     string `json:"account"`
	Region      string `json:"region"`
}

// LastApplied is what a particle's resource was last made to be, or was accepted as. It
// is the third side of a comparison: who moved, the declaration or the world? It is the
// detail of a record of kind Applied.
type LastApplied struct {
	Particle
	Ref         string `json:"ref"` // empty: the record is void, the resource is gone
	Incarnation string `json:"incarnation,omitempty"`
	// Properties are the declared ones, with sensitive leaves as MaskSecrets leaves them.
	Properties map[string]any `json:"properties,omitempty"`
	Actor      string         `json:"actor"` // ARN of the caller
	At         time.Time      `json:"at"`
}

// Record returns the journal record that holds a.
func (a LastApplied) Record(run string) (Record, error) {
	detail, err := json.Marshal(a)
	if err != nil {
		return Record{}, fmt.Errorf("record what was applied to %s: %w", a.Name, err)
	}
	return Record{Kind: Applied, Time: a.At, Run: run, Ref: a.Ref, Incarnation: a.Incarnation, Detail: detail}, nil
}

// maskedPrefix begins the text that stands for a secret.
const maskedPrefix = "hmac-sha256:"

// MaskSecrets returns properties of a type with every sensitive leaf replaced by its HMAC
// under the state's key: whether two are equal can be told, what they are cannot. What is
// masked already stays so, and what is not known becomes a text that says so. The input is not changed.
func MaskSecrets(key []byte, typ string, properties inventory.Properties) inventory.Properties {
	t, _ := schema.Lookup(typ)
	isSecret := inventory.Secrets(func(pointer string, _ any) bool { return schema.IsSensitive(t, pointer) })
	masked, _ := inventory.Rewrite("", properties, func(pointer string, v any) (any, bool) {
		return mask(key, pointer, v, isSecret(pointer, v))
	}).(map[string]any)
	return masked
}

// IsMasked reports whether a value is what MaskSecrets puts in place of a secret.
func IsMasked(v any) bool {
	text, is := v.(string)
	return is && strings.HasPrefix(text, maskedPrefix)
}

// mask returns what stands for a leaf at pointer; false for what has leaves below it.
func mask(key []byte, pointer string, v any, secret bool) (any, bool) {
	switch v := v.(type) {
	case map[string]any, []any:
		return nil, false
	case *inventory.Unknown:
		if v.Sensitive {
			return inventory.Sensitive, true
		}
		return v.String(), true
	case nil:
		return nil, true
	}
	if !secret || IsMasked(v) {
		return v, true
	}
	text, _ := json.Marshal(v) // a scalar of Properties always has one
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(pointer + "\x00")) // the same secret at two places looks different
	mac.Write(text)
	return maskedPrefix + hex.EncodeToString(mac.Sum(nil)), true
}
