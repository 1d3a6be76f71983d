package declared

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// An ignoreFile is one .gitignore: its patterns speak about what lies below dir. The
// format is that of git (https://git-scm.com/docs/gitignore); excludes that stand
// outside the tree (.git/info/exclude, core.excludesFile) are not read.
type ignoreFile struct {
	dir      string
	patterns []ignorePattern
}

type ignorePattern struct {
	glob    string // relative to dir, "**/" in front when the name may stand at any depth
	include bool   // "!": take back what an earlier pattern excluded
	dirOnly bool   // "build/"
}

// readIgnoreFile returns the .gitignore of a directory; without one, no patterns.
func readIgnoreFile(dir string) ignoreFile {
	f := ignoreFile{dir: dir}
	data, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return f
	}
	for line := range strings.Lines(string(data)) {
		if p, ok := parseIgnorePattern(strings.TrimRight(line, "\r\n")); ok {
			f.patterns = append(f.patterns, p)
		}
	}
	return f
}

func parseIgnorePattern(line string) (p ignorePattern, ok bool) {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = line[:len(line)-1]
	}
	if line == "" || line[0] == '#' {
		return p, false
	}
	line, p.include = strings.CutPrefix(line, "!")
	line, p.dirOnly = strings.CutSuffix(line, "/")
	if line == "" {
		return p, false
	}
	anchored := strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if !anchored {
		line = "**/" + line
	}
	if strings.HasSuffix(line, "/**") { // what lies below, not the directory itself
		line += "/*"
	}
	p.glob = strings.NewReplacer("{", `\{`, "}", `\}`).Replace(line) // git has no {a,b}
	return p, doublestar.ValidatePattern(p.glob)
}

// verdict says whether the file speaks about a path, and what.
func (f ignoreFile) verdict(path string, isDir bool) (ignored, spoke bool) {
	rel, err := filepath.Rel(f.dir, path)
	if err != nil {
		return false, false
	}
	rel = filepath.ToSlash(rel)
	for _, p := range f.patterns { // the last pattern that matches counts
		if p.dirOnly && !isDir {
			continue
		}
		if doublestar.MatchUnvalidated(p.glob, rel) {
			ignored, spoke = !p.include, true
		}
	}
	return ignored, spoke
}

// ignoreFiles are the .gitignore files that hold for one directory, the outermost first.
type ignoreFiles []ignoreFile

// ignoreFilesAbove reads those from the top of the repository down to dir's parent; none
// when dir (an absolute path) lies in no repository.
func ignoreFilesAbove(dir string) ignoreFiles {
	var above ignoreFiles
	for d := dir; ; d = filepath.Dir(d) {
		if d != dir {
			above = append(ignoreFiles{readIgnoreFile(d)}, above...)
		}
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			return above
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

// ignores reports whether a path is excluded: the innermost file that speaks decides.
func (fs ignoreFiles) ignores(path string, isDir bool) bool {
	for i := len(fs) - 1; i >= 0; i-- {
		if ignored, spoke := fs[i].verdict(path, isDir); spoke {
			return ignored
		}
	}
	return false
}
