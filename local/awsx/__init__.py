"""`awsx.ec2.Vpc` where its official plugin is not at hand: one description, two drivers."""
