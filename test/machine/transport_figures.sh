#!/bin/bash
# AgentFigures in the machine (run.sh) for the same guest at a serial port and by the kernel's vsock, one after the other: that guest is emulated
# twice, so one line can be compared with the other and with nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
share=saya/share/saya
figures() { # ADDRESS DEVICE...: QEMU's words for the agent's transport
  local address=$1 qemu
  shift
  echo "$address: the guest boots, which takes minutes"
  qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine q35,memory-backend=memory -accel tcg,thread=multi \
    -cpu max,erms=off -smp 1 -m 256M -object memory-backend-memfd,id=memory,size=256M,share=on -serial file:console \
    -kernel "$share/vmlinux" -initrd "$share/saya-initrd.img" \
    -append 'console=ttyS0 quiet panic=-1 reboot=t rootfstype=ramfs rcupdate.rcu_expedited=1 random.trust_cpu=on no_timer_check' "$@" &
  qemu=$!
  java/bin/java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -Dsaya.agent="$address" -Dsaya.agent.limit=900 -cp 'suites/test-classes:suites/classes:suites/lib/*' io.saya.test.agent.AgentFigures
  kill -KILL "$qemu"
  wait "$qemu" 2> /dev/null || true
}
figures "unix:$PWD/agent.sock" -device virtio-serial-pci,max_ports=2 -chardev "socket,id=agent,path=$PWD/agent.sock,server=on,wait=off" \
  -device virtserialport,chardev=agent,name=agent.channel.0
figures vsock:77:1024 -device vhost-vsock-pci,guest-cid=77
