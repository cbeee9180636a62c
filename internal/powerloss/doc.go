// Package powerloss tells what a power cut may leave of a program's files.
//
// Record runs a command and writes down, in order, all that it and its children
// do to the files of one directory: not through a layer inside the program, but
// below every library that it uses, where the program calls the kernel. Image
// then makes the directory as a disk may hold it after power failed between any
// two of these calls: what was synced is there, and of the rest anything, torn
// at sectors. A sync can be left out of the account, which is a program that
// forgot it, without a change of the program.
//
// What was acknowledged is in the same order: writes to sockets and pipes and
// the ends of processes are recorded as marks, so a test knows what somebody had
// been told when power failed.
//
// The package is for tests. It does not know what is in the files, who runs, or
// what a mark means. It records on Linux only (ptrace); images of a recording
// can be made everywhere.
package powerloss
