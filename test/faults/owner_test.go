//go:build linux

package faults

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// socketInode is the inode of the socket at the other end of a connection that
// was accepted on this machine, or "".
func socketInode(conn net.Conn) string {
	local, remote := hexAddress(conn.RemoteAddr()), hexAddress(conn.LocalAddr()) // as its owner sees it
	file, err := os.Open("/proc/net/tcp")
	if err != nil {
		return ""
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 9 && fields[1] == local && fields[2] == remote {
			return fields[9]
		}
	}
	return ""
}

// hexAddress is an address in the kernel's table: the four bytes of the address
// as one number of the machine's own byte order.
func hexAddress(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(tcp.IP.To4()), tcp.Port)
}

// holds reports whether the process has the socket open.
func holds(pid int, inode string) bool {
	if inode == "" || inode == "0" {
		return false
	}
	files, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "fd", "*"))
	for _, name := range files {
		if target, err := os.Readlink(name); err == nil && target == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}
