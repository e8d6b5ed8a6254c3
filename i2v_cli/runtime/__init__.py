"""What this machine is and can take: device, dtype, threads, memory; networks held while they are used."""
