package aws

// tagObject says what the tags are, as item.tag does, where the type keeps them in an
// object under the given property instead of a list.
func (it *item) tagObject(property string, tags map[string]string) {
	it.tag(tags)
	delete(it.props, property)
	if len(it.Tags) > 0 {
		it.set(property, it.Tags)
	}
}
