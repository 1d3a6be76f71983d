package declared

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// A source is one file to read. A named one was asked for by its name, so it must be
// something that pcf-scan reads; one that was found in a directory may be anything.
type source struct {
	path  string
	named bool
}

// walk finds the files of the paths: a file stands for itself, a directory for the
// declarations below it, a glob for what it matches. Every file comes once, however
// many ways lead to it; the result is sorted by path.
func (r *reading) walk(ctx context.Context, paths []string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && info.IsDir():
			if err := r.walkDir(ctx, path); err != nil {
				return err
			}
		case err == nil:
			r.addFile(path, true)
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?[{"):
			if err := r.walkGlob(ctx, path); err != nil {
				return err
			}
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("read declarations: %s does not exist", path)
		default:
			return fmt.Errorf("read declarations: %w", err)
		}
	}
	slices.SortFunc(r.sources, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return nil
}

func (r *reading) walkGlob(ctx context.Context, glob string) error {
	// As in a shell, "*" goes through a link to a directory and "**" does not: links may lead in circles.
	var how []doublestar.GlobOption
	if strings.Contains(glob, "**") {
		how = append(how, doublestar.WithNoFollow())
	}
	matches, err := doublestar.FilepathGlob(glob, how...)
	if err != nil {
		return fmt.Errorf("read declarations: the glob %q is malformed: %w", glob, err)
	}
	if len(matches) == 0 {
		return fmt.Errorf("read declarations: the glob %q matches no file", glob)
	}
	slices.Sort(matches)
	for _, m := range matches {
		info, err := os.Stat(m)
		if err == nil && info.IsDir() {
			if err := r.walkDir(ctx, m); err != nil {
				return err
			}
			continue
		}
		// A glob that spells an ending of its own (*.cfn) asks for those files by name.
		ext := filepath.Ext(m)
		if asked := ext != "" && strings.HasSuffix(glob, ext) && !isDeclarationName(m); asked || isDeclarationName(m) || isTerraform(m) {
			r.addFile(m, asked)
		}
	}
	return nil
}

// walkDir adds the files below a directory. Directories whose name begins with a dot
// (.git, .terraform) and node_modules are left out, and so is what .gitignore excludes;
// links to directories are not followed, as in git.
func (r *reading) walkDir(ctx context.Context, root string) error {
	abs := realPath(root)
	if info, err := os.Lstat(root); err == nil && !info.IsDir() {
		root += string(filepath.Separator) // a link to a directory that was named is followed
	}
	ignore := map[string]ignoreFiles{filepath.Dir(abs): ignoreFilesAbove(abs)}
	walkErr := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.fault(inventory.Position{File: path}, "read directory: "+cause(err), "make it readable, or leave it out")
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		place := filepath.Join(abs, rel)
		if entry.IsDir() {
			if rel != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || ignore[filepath.Dir(place)].ignores(place, true)) {
				return filepath.SkipDir
			}
			if manifest, is := r.assemblyIn(path); is {
				r.addFile(manifest, false)
				return filepath.SkipDir
			}
			ignore[place] = append(slices.Clone(ignore[filepath.Dir(place)]), readIgnoreFile(place))
			return nil
		}
		if (isDeclarationName(path) || isTerraform(path)) && !ignore[filepath.Dir(place)].ignores(place, false) {
			// A link that leads nowhere is told when it is opened. Editors keep such links as
			// locks beside the file (".#name").
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() || err != nil && !strings.HasPrefix(entry.Name(), ".#") {
				r.addFile(path, false)
			}
		}
		return nil
	})
	if walkErr != nil {
		return fmt.Errorf("read declarations below %s: %w", root, walkErr)
	}
	return nil
}

// cause is the reason of a file error without the path, which the position says.
func cause(err error) string {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (r *reading) addFile(path string, named bool) {
	path = filepath.Clean(path)
	key := realPath(path)
	if i, seen := r.seen[key]; seen {
		r.sources[i].named = r.sources[i].named || named
		return
	}
	r.seen[key] = len(r.sources)
	r.sources = append(r.sources, source{path: path, named: named})
}

// realPath is the one name of a file, however it was reached.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return path
}

func isDeclarationName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json", ".jsonl", ".template":
		return true
	}
	return false
}

func isTerraform(path string) bool {
	return strings.HasSuffix(path, ".tf") || strings.HasSuffix(path, ".tf.json")
}
