package link

import (
	"net"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// outletNet is a network whose sockets send through an outlet. What is sent to a relay over TCP is counted and not held back.
type outletNet struct {
	transport.Net
	outlet *Outlet
}

// through returns a network that goes through o; nil for inner is this machine's.
func through(o *Outlet, inner transport.Net) (transport.Net, error) {
	if inner == nil {
		machine, err := stdnet.NewNet()
		if err != nil {
			return nil, err
		}
		inner = machine
	}
	return &outletNet{inner, o}, nil
}

// ListenUDP opens a socket.
func (n *outletNet) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	return &udpSocket{conn, n.outlet}, nil
}

// ListenPacket opens a socket: to STUN and relay servers.
func (n *outletNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return &packetSocket{conn, n.outlet}, nil
}

// DialTCP connects to a relay.
func (n *outletNet) DialTCP(network string, from, to *net.TCPAddr) (transport.TCPConn, error) {
	conn, err := n.Net.DialTCP(network, from, to)
	if err != nil {
		return nil, err
	}
	return &tcpSocket{conn, n.outlet}, nil
}

type udpSocket struct {
	transport.UDPConn
	outlet *Outlet
}

// WriteTo sends through the outlet.
func (s *udpSocket) WriteTo(data []byte, to net.Addr) (int, error) {
	return s.outlet.write(data, to, s.UDPConn.WriteTo)
}

// WriteToUDP sends through the outlet.
func (s *udpSocket) WriteToUDP(data []byte, to *net.UDPAddr) (int, error) { return s.WriteTo(data, to) }

type packetSocket struct {
	net.PacketConn
	outlet *Outlet
}

// WriteTo sends through the outlet.
func (s *packetSocket) WriteTo(data []byte, to net.Addr) (int, error) {
	return s.outlet.write(data, to, s.PacketConn.WriteTo)
}

type tcpSocket struct {
	transport.TCPConn
	outlet *Outlet
}

// segmentSize is what TCP carries at once, bytes, and segmentHeaders what stands before it.
const segmentSize, segmentHeaders = 1400, 52

// Write counts what goes out.
func (s *tcpSocket) Write(data []byte) (int, error) {
	n, err := s.TCPConn.Write(data)
	s.outlet.count(n + segmentHeaders*((n+segmentSize-1)/segmentSize))
	return n, err
}
