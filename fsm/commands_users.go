package fsm

import "log/slog"

// PutUser adds or replaces a user. Without a password the user must exist, and
// keeps the password it has.
type PutUser struct {
	User User `json:"user"` // ID counts for a new user only
}

// Type implements Command.
func (*PutUser) Type() string { return "put_user" }

// LogValue implements slog.LogValuer.
func (c PutUser) LogValue() slog.Value { return printed(c) }

func (c *PutUser) apply(next *State) Code {
	user, code := c.User, OK
	if former, there := next.User(user.Name); there {
		code, user.ID = Replaced, former.ID
		if user.Password == "" {
			user.Password = former.Password
		}
	} else if user.Password == "" {
		return NotFound
	}
	next.users = put(next.users, user.Name, &user)
	return code
}

// DeleteUser removes a user.
type DeleteUser struct {
	Name string `json:"name"`
}

// Type implements Command.
func (*DeleteUser) Type() string { return "delete_user" }

func (c *DeleteUser) apply(next *State) Code {
	if _, there := next.User(c.Name); !there {
		return NotFound
	}
	next.users = remove(next.users, c.Name)
	return OK
}

// SetPassword changes a user's password.
type SetPassword struct {
	Name     string    `json:"name"`
	Password Sensitive `json:"password"` // hash
	// Former, if there is one, is the hash of the password that is to be replaced,
	// and of no other: its holder has nothing but that to be allowed by.
	Former Sensitive `json:"former,omitempty"`
	// NewID is the id of a record that is made where there is none: a reserved
	// user has none before its first change. "" makes none.
	NewID string `json:"new_id,omitempty"`
}

// Type implements Command.
func (*SetPassword) Type() string { return "set_password" }

// LogValue implements slog.LogValuer.
func (c SetPassword) LogValue() slog.Value { return printed(c) }

func (c *SetPassword) apply(next *State) Code {
	if c.Former != "" {
		u, there := next.User(c.Name)
		switch {
		case there && u.Password == c.Password:
			return OK // carried out before, by a proposal that is forgotten
		case !there || u.Password != c.Former:
			return NotFound
		}
	}
	return changeUser(next, c.Name, c.NewID, func(u *User) { u.Password = c.Password })
}

// SetUserEnabled enables or disables a user.
type SetUserEnabled struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	NewID   string `json:"new_id,omitempty"` // as in SetPassword
}

// Type implements Command.
func (*SetUserEnabled) Type() string { return "set_user_enabled" }

func (c *SetUserEnabled) apply(next *State) Code {
	return changeUser(next, c.Name, c.NewID, func(u *User) { u.Disabled = !c.Enabled })
}

func changeUser(next *State, name, newID string, change func(*User)) Code {
	user := User{Name: name, ID: newID}
	if former, there := next.User(name); there {
		user = *former
	} else if newID == "" {
		return NotFound
	}
	change(&user)
	next.users = put(next.users, name, &user)
	return OK
}
