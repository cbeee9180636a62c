package history

import "fmt"

// Violation is an answer that breaks a promise.
type Violation struct {
	Rule    string // R, N or L
	Op      Op     // the answer
	Name    string // the name that a list shows or lacks
	Because *Op    // what the answer contradicts; nil: nobody had begun to create it
}

// String tells the story: what was promised, by which answer, and what came.
func (v Violation) String() string {
	text := v.Rule + ": " + v.what() + "\n"
	if v.Because != nil {
		text += fmt.Sprintf("    %v\n", *v.Because)
	}
	return text + fmt.Sprintf("    %v", v.Op)
}

func (v Violation) what() string {
	made := v.Because != nil && v.Because.Kind == Create
	switch {
	case v.Rule == "N":
		return "refused, though it had been created and nobody had begun to take it away"
	case v.Rule == "L" && made:
		return fmt.Sprintf("the list lacks %q, which had been created and nobody had begun to take away", v.Name)
	case v.Rule == "L" && v.Because == nil:
		return fmt.Sprintf("the list shows %q, which nobody had begun to create", v.Name)
	case v.Rule == "L":
		return fmt.Sprintf("the list shows %q, which had been taken away", v.Name)
	case v.Because == nil:
		return "accepted, though nobody had begun to create it"
	}
	return fmt.Sprintf("accepted %v after it had been taken away", v.Op.Start-v.Because.End)
}
