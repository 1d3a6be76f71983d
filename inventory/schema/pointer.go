package schema

import "strings"

// EscapePointer writes one path part for a JSON pointer (RFC 6901).
func EscapePointer(part string) string {
	if !strings.ContainsAny(part, "~/") {
		return part
	}
	return strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1")
}

// SplitPointer returns the unescaped parts of a JSON pointer; none for "".
func SplitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts
}

// MatchPointer reports whether pattern (a pointer in which the part "*" stands for
// any key or index) names pointer itself or one of its ancestors.
func MatchPointer(pattern, pointer string) bool {
	want, have := SplitPointer(pattern), SplitPointer(pointer)
	if len(want) > len(have) {
		return false
	}
	for i, w := range want {
		if w != "*" && w != have[i] {
			return false
		}
	}
	return true
}
